holdfast_unit_test(runner LINK runner)
holdfast_unit_test(nursery LINK holdfast_launcher)
