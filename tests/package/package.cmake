# tests/package/test_NAME.py with pytest, label "package": the Debian package of this build directory.
if(NOT HOLDFAST_SANITIZE AND NOT HOLDFAST_FUZZ)
	add_test(NAME package.build COMMAND ${CMAKE_SOURCE_DIR}/packaging/build-deb ${CMAKE_BINARY_DIR})
	set_tests_properties(package.build PROPERTIES LABELS package TIMEOUT 300 FIXTURES_SETUP package)
	# a later version of the same
	add_test(NAME package.next COMMAND ${CMAKE_SOURCE_DIR}/packaging/build-deb --version 99.0 ${CMAKE_BINARY_DIR})
	set_tests_properties(package.next PROPERTIES LABELS package TIMEOUT 300 FIXTURES_REQUIRED package
		FIXTURES_SETUP package-next)
	foreach(name contents manual completion install unit)
		add_test(NAME package.${name} COMMAND /usr/bin/python3 -B -m pytest --color=no -q -rs
			-p no:cacheprovider ${CMAKE_CURRENT_LIST_DIR}/test_${name}.py)
		set_tests_properties(package.${name} PROPERTIES LABELS package TIMEOUT 300
			FIXTURES_REQUIRED "package;package-next" ENVIRONMENT HOLDFAST_BUILD=${CMAKE_BINARY_DIR})
	endforeach()
endif()
