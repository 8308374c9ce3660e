holdfast_unit_test(log LINK holdfast_common)
holdfast_unit_test(channel LINK holdfast_common)
holdfast_unit_test(child LINK holdfast_common)
