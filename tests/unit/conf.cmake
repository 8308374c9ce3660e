holdfast_unit_test(conf LINK holdfast_conf)
holdfast_unit_test(conf_golden LINK holdfast_conf)
holdfast_unit_test(command LINK holdfast_conf)
holdfast_unit_test(conf_push LINK holdfast_conf)
