/* Replacing processes of the suite, and waiting until their successors work. */
#ifndef HOLDFAST_CTL_REPLACE_H
#define HOLDFAST_CTL_REPLACE_H

/* `holdfastctl restart` and `holdfastctl upgrade`: say how it went, and return the exit status. */
int replace_process(const char *runtime_dir, const char *name);
int replace_suite(const char *runtime_dir);

#endif
