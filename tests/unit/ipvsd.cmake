holdfast_unit_test(ipvs_table LINK ipvsd)
