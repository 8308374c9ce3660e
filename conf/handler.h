/* The tables of the language and the handlers that their rows name. */
#ifndef HOLDFAST_CONF_HANDLER_H
#define HOLDFAST_CONF_HANDLER_H

#include "conf/keyword.h"

extern const struct conf_block conf_block_auth_hmac, conf_block_authentication, conf_block_bfd,
	conf_block_bfd_check, conf_block_connection, conf_block_dns_check, conf_block_file_check,
	conf_block_garp_group, conf_block_global, conf_block_global_ipvs, conf_block_http_get,
	conf_block_instance, conf_block_misc_check, conf_block_ping_check, conf_block_real_server,
	conf_block_schedule, conf_block_script, conf_block_smtp_check, conf_block_smtp_host,
	conf_block_ssl, conf_block_ssl_get, conf_block_sync_group, conf_block_tcp_check,
	conf_block_track_file, conf_block_track_group, conf_block_track_process,
	conf_block_udp_check, conf_block_url, conf_block_virtual_server;

conf_handler conf_take_accept_mode, conf_take_auth_pass, conf_take_auth_type,
	conf_take_authentication, conf_take_checker, conf_take_digest, conf_take_dns_type,
	conf_take_dynamic_interfaces, conf_take_engine, conf_take_family,
	conf_take_file_check_weight, conf_take_file_path, conf_take_file_weight,
	conf_take_flush_on_stop, conf_take_global_defs, conf_take_granularity, conf_take_group,
	conf_take_http_protocol, conf_take_init_file, conf_take_instance, conf_take_lvs_timeouts,
	conf_take_members, conf_take_method, conf_take_misc_path, conf_take_misc_user,
	conf_take_multicast_group, conf_take_notification_email, conf_take_notify_deleted,
	conf_take_param_match, conf_take_payload, conf_take_persistence, conf_take_preempt,
	conf_take_process, conf_take_process_delay, conf_take_process_weight, conf_take_protocol,
	conf_take_real_server, conf_take_regex, conf_take_regex_options, conf_take_regex_stack,
	conf_take_require_reply, conf_take_scheduler, conf_take_script, conf_take_script_line,
	conf_take_script_user, conf_take_server_group, conf_take_smtp_host, conf_take_smtp_server,
	conf_take_sorry_server, conf_take_state, conf_take_status_code, conf_take_sync_daemon,
	conf_take_track_file, conf_take_track_interface, conf_take_track_process,
	conf_take_track_script, conf_take_tracked_files, conf_take_tracked_processes,
	conf_take_unicast_peer, conf_take_url, conf_take_user, conf_take_virtual_ipaddress,
	conf_take_virtual_ipaddress_excluded, conf_take_virtual_server, conf_take_weight;

#endif
