# The protocol itself, free of I/O: what unit tests, the simulator and the fuzzers link.
holdfast_library(holdfast_vrrp_core
	SOURCES vrrp_packet.c)
