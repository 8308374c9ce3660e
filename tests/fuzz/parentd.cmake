holdfast_fuzz_target(control LINK parentd)
