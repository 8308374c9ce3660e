holdfast_unit_test(plan_golden LINK holdfastctl)
holdfast_unit_test(plan LINK holdfast_plan)
add_test(NAME unit.plan_program COMMAND ${CMAKE_SOURCE_DIR}/tests/unit/plan_program $<TARGET_FILE:holdfastctl-bin>)
set_tests_properties(unit.plan_program PROPERTIES LABELS unit TIMEOUT 60)
