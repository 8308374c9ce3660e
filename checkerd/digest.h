/* `checkerd --digest URL`: the MD5 that a digest of HTTP_GET or SSL_GET has to be, asked for by the
 * code that checks. A command for a shell; the daemon has no part in it. */
#ifndef HOLDFAST_CHECKERD_DIGEST_H
#define HOLDFAST_CHECKERD_DIGEST_H

/* argv[0] is --digest. Returns the exit status: 0 the digest was printed, 1 there is none, 2 wrong
 * arguments. */
int digest_main(int argc, char **argv);

#endif
