holdfast_unit_test(proto LINK holdfast_proto)
holdfast_unit_test(state_page LINK holdfast_proto)
