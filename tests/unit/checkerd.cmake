holdfast_unit_test(script LINK checkerd)
