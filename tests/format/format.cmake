add_test(NAME format COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/format/check)
set_tests_properties(format PROPERTIES LABELS format TIMEOUT 120)

add_test(NAME wall-clock COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/format/wall-clock)
set_tests_properties(wall-clock PROPERTIES LABELS format TIMEOUT 60)

# clang-tidy runs while the tidy preset is compiled, so that only what changed is looked at again.
add_test(NAME tidy.configure COMMAND ${CMAKE_COMMAND} --preset tidy -G Ninja -DBUILD_TESTING=OFF
	WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
add_test(NAME tidy.build COMMAND ${CMAKE_COMMAND} --build --preset tidy WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
set_tests_properties(tidy.configure PROPERTIES LABELS tidy TIMEOUT 120 FIXTURES_SETUP tidy)
set_tests_properties(tidy.build PROPERTIES LABELS tidy TIMEOUT 1200 FIXTURES_REQUIRED tidy)
add_test(NAME metrics COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/format/metrics)
set_tests_properties(metrics PROPERTIES LABELS format TIMEOUT 60)
add_test(NAME installed COMMAND ${CMAKE_SOURCE_DIR}/tests/format/installed ${CMAKE_BINARY_DIR})
set_tests_properties(installed PROPERTIES LABELS format TIMEOUT 60)
