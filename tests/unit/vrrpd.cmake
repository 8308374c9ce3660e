holdfast_unit_test(vrrpd_timers LINK vrrpd)
holdfast_unit_test(vrrpd_config LINK vrrpd)
holdfast_unit_test(vrrpd_drop_log LINK vrrpd)
