/* `--release`: vrrpd cannot be kept alive, and is run once more only so that no address stays on a
 * node that does not advertise. */
#ifndef HOLDFAST_VRRPD_RELEASE_H
#define HOLDFAST_VRRPD_RELEASE_H

struct vrrpd;

/* From now on every instance has VRRP_FAULT_KEEPS_DYING: as soon as a configuration is applied, a
 * MASTER sends priority 0 and gives its addresses up. When none comes in time, what the state page
 * remembers is removed without a word to the others, and the process ends. */
void release_begin(struct vrrpd *vrrpd);

/* The configuration was applied: the process ends. */
_Noreturn void release_end(void);

#endif
