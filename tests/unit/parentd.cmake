holdfast_unit_test(conf_kept LINK parentd)
holdfast_unit_test(parentd LINK parentd holdfast_launcher)
holdfast_unit_test(transaction LINK parentd)
holdfast_unit_test(launcher LINK holdfast_launcher)
