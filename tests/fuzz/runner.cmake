holdfast_fuzz_target(words LINK runner_core)
