holdfast_unit_test(log LINK holdfast_common)
holdfast_unit_test(log_journal LINK holdfast_common)
holdfast_unit_test(log_limit LINK holdfast_common)
holdfast_unit_test(channel LINK holdfast_common)
holdfast_unit_test(child LINK holdfast_common)
holdfast_unit_test(sandbox_tables LINK holdfast_launcher)
# Starts the real programs, as the launcher does.
holdfast_unit_test(sandbox LINK holdfast_launcher)
target_compile_definitions(test_sandbox PRIVATE LIBEXEC_DIR="${CMAKE_BINARY_DIR}/libexec")
add_dependencies(test_sandbox checkerd-bin ipvsd-bin)
holdfast_unit_test(script_path LINK holdfast_script_path)
# Attacks upon every process of the suite from within.
holdfast_unit_test(attack LINK ipvsd runner holdfast_launcher)
target_sources(test_attack PRIVATE ${CMAKE_SOURCE_DIR}/tests/unit/attack_list.c)
