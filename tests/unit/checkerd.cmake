holdfast_unit_test(script LINK checkerd)
holdfast_unit_test(probe LINK checkerd)
