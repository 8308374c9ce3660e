holdfast_unit_test(ctl_show LINK holdfastctl)
