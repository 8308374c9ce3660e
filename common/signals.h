/* Signals of a process that is about to execute another program. */
#ifndef HOLDFAST_SIGNALS_H
#define HOLDFAST_SIGNALS_H

/* No signal has a handler, is ignored or is blocked: the next program finds them as a shell's child
 * would. May be called between vfork() and execve(). */
void signals_default(void);

#endif
