holdfast_unit_test(runner LINK runner)
