/* What vrrpd may do once it runs. A library of its own: the launcher's filter contains it. */
#ifndef HOLDFAST_VRRPD_PROFILE_H
#define HOLDFAST_VRRPD_PROFILE_H

#include "common/sandbox.h"

extern const struct sandbox_profile vrrpd_profile;

#endif
