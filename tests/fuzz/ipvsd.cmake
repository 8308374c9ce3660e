holdfast_fuzz_target(ipvs_answer LINK ipvsd)
