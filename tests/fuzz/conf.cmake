holdfast_fuzz_target(conf LINK holdfast_conf)
