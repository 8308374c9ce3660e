holdfast_unit_test(ctl_show LINK holdfastctl)
holdfast_unit_test(ctl_screen LINK holdfastctl)
holdfast_unit_test(log_tail LINK holdfastctl)
