# The protocol itself, free of I/O: what unit tests, the simulator and the fuzzers link.
holdfast_library(holdfast_vrrp_core
	SOURCES vrrp_packet.c vrrp_timer.c vrrp_text.c vrrp_fsm.c vrrp_resume.c sync_group.c
	LINK PkgConfig::BSD)
# What a configuration says about instances: with the core, all that a router without a network needs.
holdfast_library(vrrpd_config SOURCES config.c config_group.c params.c weight.c
	LINK holdfast_vrrp_core holdfast_proto PkgConfig::BSD)
