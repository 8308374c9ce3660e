/* ha_suspend: virtual servers whose servers are checked only while their address is on this host.
 */
#ifndef HOLDFAST_SUSPENDS_H
#define HOLDFAST_SUSPENDS_H

struct parent;
struct suspends;

/* Fatal without memory. */
struct suspends *suspends_new(struct parent *parent);

/* Another configuration is in force from now on, parent->conf. The addresses of this host are
 * looked at once a second while it has virtual servers with ha_suspend. */
void suspends_adopt(struct suspends *suspends);

/* Tells checkerd of every such virtual server: it knows nothing yet of the configuration in force.
 */
void suspends_tell(struct suspends *suspends);

#endif
