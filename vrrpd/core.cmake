# The protocol itself, free of I/O: what unit tests, the simulator and the fuzzers link.
holdfast_library(holdfast_vrrp_core
	SOURCES vrrp_packet.c vrrp_timer.c vrrp_text.c vrrp_fsm.c vrrp_resume.c sync_group.c
	LINK PkgConfig::BSD)
