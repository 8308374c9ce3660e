holdfast_unit_test(ipvs_table LINK ipvsd)
holdfast_unit_test(balancer LINK ipvsd)
holdfast_unit_test(ipvs_message LINK ipvsd)
