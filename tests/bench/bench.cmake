if(NOT HOLDFAST_FUZZ AND NOT HOLDFAST_SANITIZE)
	add_test(NAME bench.smoke COMMAND /usr/bin/python3 -B ${CMAKE_SOURCE_DIR}/tests/bench/bench.py --smoke)
	set_tests_properties(bench.smoke PROPERTIES LABELS bench TIMEOUT 300 RUN_SERIAL ON
		ENVIRONMENT HOLDFAST_BUILD=${CMAKE_BINARY_DIR})
endif()
