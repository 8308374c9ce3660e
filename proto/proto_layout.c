/* The layout that PROTOCOL.md promises, held to by the compiler: no padding anywhere, every size
 * and every offset. */
#include <assert.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wpadded"
#include "proto/proto.h"
#include "proto/state_page.h"
#pragma GCC diagnostic pop

#define SIZE(type_, size_) static_assert(sizeof(struct type_) == (size_), "size of " #type_)
#define AT(type_, member_, offset_)                                                                \
	static_assert(offsetof(struct type_, member_) == (offset_), #type_ "." #member_)

SIZE(proto_header, 16);
AT(proto_header, magic, 0);
AT(proto_header, version, 2);
AT(proto_header, type, 4);
AT(proto_header, length, 6);
AT(proto_header, generation, 8);
AT(proto_header, sequence, 12);

SIZE(proto_addr, 20);
AT(proto_addr, family, 0);
AT(proto_addr, reserved, 1);
AT(proto_addr, bytes, 4);

SIZE(launcher_child_started, 24);
AT(launcher_child_started, process, 0);
AT(launcher_child_started, pid, 4);
AT(launcher_child_started, restarts, 8);
AT(launcher_child_started, adopted, 12);
AT(launcher_child_started, started_ns, 16);

SIZE(launcher_child_exited, 12);
AT(launcher_child_exited, process, 0);
AT(launcher_child_exited, pid, 4);
AT(launcher_child_exited, restart_ms, 8);

SIZE(launcher_child_page, 4);
AT(launcher_child_page, process, 0);

SIZE(launcher_ended, 28);
AT(launcher_ended, process, 0);
AT(launcher_ended, ended, 4);

SIZE(launcher_dump, 4);
AT(launcher_dump, what, 0);

SIZE(parent_child_wanted, 8);
AT(parent_child_wanted, process, 0);
AT(parent_child_wanted, wanted, 4);

SIZE(parent_child_kill, 168);
AT(parent_child_kill, process, 0);
AT(parent_child_kill, pid, 4);
AT(parent_child_kill, reason, 8);

SIZE(parent_conf_refused, 520);
AT(parent_conf_refused, exit_status, 0);
AT(parent_conf_refused, at_start, 4);
AT(parent_conf_refused, problem, 8);

SIZE(parent_log_dir, 1024);
AT(parent_log_dir, path, 0);

SIZE(parent_topics, 8);
AT(parent_topics, process, 0);
AT(parent_topics, topics, 4);

SIZE(launcher_topics, 4);
AT(launcher_topics, topics, 0);

SIZE(launcher_log_state, 1040);
AT(launcher_log_state, sinks, 0);
AT(launcher_log_state, topics, 4);
AT(launcher_log_state, path, 16);

SIZE(parent_conf_committed, 8);
AT(parent_conf_committed, length, 0);
AT(parent_conf_committed, advert_int_us, 4);

SIZE(parent_restart, 4);
AT(parent_restart, process, 0);

SIZE(parent_runner, 48);
AT(parent_runner, process, 0);
AT(parent_runner, uid, 4);
AT(parent_runner, gid, 8);
AT(parent_runner, reserved, 12);
AT(parent_runner, user, 16);

SIZE(parent_status, 16);
AT(parent_status, master, 0);
AT(parent_status, backup, 4);
AT(parent_status, fault, 8);
AT(parent_status, starting, 12);

SIZE(runner_run, 1048);
AT(runner_run, run, 0);
AT(runner_run, queue, 8);
AT(runner_run, timeout_ms, 16);
AT(runner_run, words, 20);
AT(runner_run, secure, 22);
AT(runner_run, line, 24);

SIZE(runner_end, 8);
AT(runner_end, run, 0);

SIZE(runner_done, 504);
AT(runner_done, run, 0);
AT(runner_done, duration_us, 8);
AT(runner_done, outcome, 16);
AT(runner_done, status, 20);
AT(runner_done, output, 24);

SIZE(runner_fifo, 1040);
AT(runner_fifo, fifo, 0);
AT(runner_fifo, order, 4);
AT(runner_fifo, made, 8);
AT(runner_fifo, reserved, 12);
AT(runner_fifo, path, 16);

SIZE(runner_fifo_line, 256);
AT(runner_fifo_line, number, 0);
AT(runner_fifo_line, fifo, 8);
AT(runner_fifo_line, reserved, 12);
AT(runner_fifo_line, line, 16);

SIZE(runner_fifo_state, 32);
AT(runner_fifo_state, written, 0);
AT(runner_fifo_state, lost, 8);
AT(runner_fifo_state, fifo, 16);
AT(runner_fifo_state, made, 20);
AT(runner_fifo_state, problem, 24);
AT(runner_fifo_state, error, 28);

SIZE(vrrp_changed, 16);
AT(vrrp_changed, number, 0);
AT(vrrp_changed, records, 8);
AT(vrrp_changed, reserved, 12);

SIZE(vrrp_heard_lower, 92);
AT(vrrp_heard_lower, instance, 0);
AT(vrrp_heard_lower, source, 64);
AT(vrrp_heard_lower, priority, 84);
AT(vrrp_heard_lower, heard, 88);

SIZE(process_busy, 4);
AT(process_busy, busy, 0);

SIZE(launcher_upgrade_report, 168);
AT(launcher_upgrade_report, state, 0);
AT(launcher_upgrade_report, count, 4);
AT(launcher_upgrade_report, reason, 8);

SIZE(process_probed, 32);
AT(process_probed, state_page_version, 0);
AT(process_probed, version, 4);

SIZE(proto_heartbeat, 8);
AT(proto_heartbeat, sent_ns, 0);

SIZE(conf_begin, 4);
AT(conf_begin, items, 0);

SIZE(conf_commit, 8);
AT(conf_commit, items, 0);
AT(conf_commit, checksum, 4);

SIZE(child_hello, 8);
AT(child_hello, pid, 0);
AT(child_hello, resumed, 4);

SIZE(child_conf_refused, 160);
AT(child_conf_refused, reason, 0);

SIZE(conf_vrrp_global, 12);
AT(conf_vrrp_global, startup_delay_ms, 0);
AT(conf_vrrp_global, garp_interval_us, 4);
AT(conf_vrrp_global, gna_interval_us, 8);

SIZE(conf_vrrp_instance, 180);
AT(conf_vrrp_instance, name, 0);
AT(conf_vrrp_instance, ifname, 64);
AT(conf_vrrp_instance, flags, 80);
AT(conf_vrrp_instance, family, 84);
AT(conf_vrrp_instance, vrid, 85);
AT(conf_vrrp_instance, priority, 86);
AT(conf_vrrp_instance, version, 87);
AT(conf_vrrp_instance, advert_int_cs, 88);
AT(conf_vrrp_instance, auth_type, 90);
AT(conf_vrrp_instance, unicast_ttl, 91);
AT(conf_vrrp_instance, auth_data, 92);
AT(conf_vrrp_instance, preempt_delay_ms, 100);
AT(conf_vrrp_instance, down_timer_adverts, 104);
AT(conf_vrrp_instance, tracked_things, 106);
AT(conf_vrrp_instance, garp_delay_ms, 108);
AT(conf_vrrp_instance, garp_repeat, 112);
AT(conf_vrrp_instance, garp_refresh_ms, 116);
AT(conf_vrrp_instance, garp_refresh_repeat, 120);
AT(conf_vrrp_instance, garp_lower_prio_delay_ms, 124);
AT(conf_vrrp_instance, garp_lower_prio_repeat, 128);
AT(conf_vrrp_instance, source, 132);
AT(conf_vrrp_instance, group, 152);
AT(conf_vrrp_instance, addresses, 172);
AT(conf_vrrp_instance, peers, 174);
AT(conf_vrrp_instance, tracked_interfaces, 176);
AT(conf_vrrp_instance, tracked_scripts, 178);

SIZE(conf_vrrp_address, 84);
AT(conf_vrrp_address, instance, 0);
AT(conf_vrrp_address, flags, 4);
AT(conf_vrrp_address, ifname, 8);
AT(conf_vrrp_address, label, 24);
AT(conf_vrrp_address, address, 40);
AT(conf_vrrp_address, broadcast, 60);
AT(conf_vrrp_address, prefixlen, 80);
AT(conf_vrrp_address, scope, 81);
AT(conf_vrrp_address, reserved, 82);

SIZE(conf_vrrp_peer, 28);
AT(conf_vrrp_peer, instance, 0);
AT(conf_vrrp_peer, address, 4);
AT(conf_vrrp_peer, min_ttl, 24);
AT(conf_vrrp_peer, max_ttl, 25);
AT(conf_vrrp_peer, reserved, 26);

SIZE(conf_vrrp_track_interface, 24);
AT(conf_vrrp_track_interface, instance, 0);
AT(conf_vrrp_track_interface, ifname, 4);
AT(conf_vrrp_track_interface, weight, 20);
AT(conf_vrrp_track_interface, reverse, 22);
AT(conf_vrrp_track_interface, reserved, 23);

SIZE(conf_vrrp_script, 68);
AT(conf_vrrp_script, name, 0);
AT(conf_vrrp_script, verdict, 64);

SIZE(conf_vrrp_track_script, 12);
AT(conf_vrrp_track_script, instance, 0);
AT(conf_vrrp_track_script, script, 4);
AT(conf_vrrp_track_script, weight, 8);
AT(conf_vrrp_track_script, reverse, 10);
AT(conf_vrrp_track_script, reserved, 11);

SIZE(conf_vrrp_tracked, 80);
AT(conf_vrrp_tracked, name, 0);
AT(conf_vrrp_tracked, kind, 64);
AT(conf_vrrp_tracked, reserved, 68);
AT(conf_vrrp_tracked, value, 72);

SIZE(conf_vrrp_track, 12);
AT(conf_vrrp_track, instance, 0);
AT(conf_vrrp_track, tracked, 4);
AT(conf_vrrp_track, weight, 8);
AT(conf_vrrp_track, reverse, 10);
AT(conf_vrrp_track, reserved, 11);

SIZE(conf_vrrp_group, 68);
AT(conf_vrrp_group, name, 0);
AT(conf_vrrp_group, members, 64);

SIZE(conf_vrrp_member, 8);
AT(conf_vrrp_member, group, 0);
AT(conf_vrrp_member, instance, 4);

SIZE(conf_check_script, 96);
AT(conf_check_script, name, 0);
AT(conf_check_script, interval_us, 64);
AT(conf_check_script, timeout_us, 72);
AT(conf_check_script, rise, 80);
AT(conf_check_script, fall, 84);
AT(conf_check_script, init_fail, 88);
AT(conf_check_script, reserved, 92);

SIZE(conf_check_virtual, 80);
AT(conf_check_virtual, name, 0);
AT(conf_check_virtual, quorum, 64);
AT(conf_check_virtual, hysteresis, 68);
AT(conf_check_virtual, flags, 72);
AT(conf_check_virtual, servers, 76);

SIZE(conf_check_real, 80);
AT(conf_check_real, name, 0);
AT(conf_check_real, virtual_server, 64);
AT(conf_check_real, weight, 68);
AT(conf_check_real, flags, 72);
AT(conf_check_real, checkers, 76);

SIZE(conf_check_checker, 392);
AT(conf_check_checker, real, 0);
AT(conf_check_checker, type, 4);
AT(conf_check_checker, flags, 8);
AT(conf_check_checker, retry, 12);
AT(conf_check_checker, delay_loop_us, 16);
AT(conf_check_checker, delay_before_retry_us, 24);
AT(conf_check_checker, warmup_us, 32);
AT(conf_check_checker, timeout_us, 40);
AT(conf_check_checker, address, 48);
AT(conf_check_checker, bindto, 68);
AT(conf_check_checker, port, 88);
AT(conf_check_checker, bind_port, 90);
AT(conf_check_checker, fwmark, 92);
AT(conf_check_checker, ifname, 96);
AT(conf_check_checker, command, 112);
AT(conf_check_checker, weight, 116);
AT(conf_check_checker, same_as, 120);
AT(conf_check_checker, dns_type, 124);
AT(conf_check_checker, min_reply, 126);
AT(conf_check_checker, max_reply, 128);
AT(conf_check_checker, urls, 130);
AT(conf_check_checker, bytes, 132);
AT(conf_check_checker, reserved, 134);
AT(conf_check_checker, text, 136);

SIZE(conf_check_url, 876);
AT(conf_check_url, checker, 0);
AT(conf_check_url, flags, 4);
AT(conf_check_url, digest, 8);
AT(conf_check_url, status, 24);
AT(conf_check_url, regex_options, 88);
AT(conf_check_url, regex_min, 92);
AT(conf_check_url, regex_max, 96);
AT(conf_check_url, regex_stack_start, 100);
AT(conf_check_url, regex_stack_max, 104);
AT(conf_check_url, path, 108);
AT(conf_check_url, host, 620);

SIZE(conf_check_bytes, 1036);
AT(conf_check_bytes, checker, 0);
AT(conf_check_bytes, what, 4);
AT(conf_check_bytes, length, 8);
AT(conf_check_bytes, bytes, 12);

SIZE(conf_check_mail, 808);
AT(conf_check_mail, server, 0);
AT(conf_check_mail, address, 256);
AT(conf_check_mail, port, 276);
AT(conf_check_mail, reserved, 278);
AT(conf_check_mail, timeout_us, 280);
AT(conf_check_mail, helo, 288);
AT(conf_check_mail, from, 544);
AT(conf_check_mail, recipients, 800);
AT(conf_check_mail, reserved2, 804);

SIZE(conf_check_recipient, 256);
AT(conf_check_recipient, address, 0);

SIZE(check_mail, 1032);
AT(check_mail, wall_s, 0);
AT(check_mail, subject, 8);
AT(check_mail, text, 264);

SIZE(conf_ipvs_global, 128);
AT(conf_ipvs_global, flags, 0);
AT(conf_ipvs_global, timeout_tcp_s, 4);
AT(conf_ipvs_global, timeout_tcpfin_s, 8);
AT(conf_ipvs_global, timeout_udp_s, 12);
AT(conf_ipvs_global, sync_id, 16);
AT(conf_ipvs_global, sync_maxlen, 20);
AT(conf_ipvs_global, sync_port, 22);
AT(conf_ipvs_global, sync_ttl, 24);
AT(conf_ipvs_global, reserved, 25);
AT(conf_ipvs_global, sync_group, 28);
AT(conf_ipvs_global, sync_ifname, 48);
AT(conf_ipvs_global, sync_instance, 64);

SIZE(conf_ipvs_virtual, 124);
AT(conf_ipvs_virtual, name, 0);
AT(conf_ipvs_virtual, scheduler, 64);
AT(conf_ipvs_virtual, engine, 80);
AT(conf_ipvs_virtual, flags, 96);
AT(conf_ipvs_virtual, persistence_s, 100);
AT(conf_ipvs_virtual, netmask, 104);
AT(conf_ipvs_virtual, prefix, 108);
AT(conf_ipvs_virtual, protocol, 112);
AT(conf_ipvs_virtual, reserved, 114);
AT(conf_ipvs_virtual, entries, 116);
AT(conf_ipvs_virtual, reals, 120);

SIZE(conf_ipvs_entry, 36);
AT(conf_ipvs_entry, virtual_server, 0);
AT(conf_ipvs_entry, first, 4);
AT(conf_ipvs_entry, count, 24);
AT(conf_ipvs_entry, fwmark, 28);
AT(conf_ipvs_entry, port, 32);
AT(conf_ipvs_entry, reserved, 34);

SIZE(conf_ipvs_real, 116);
AT(conf_ipvs_real, name, 0);
AT(conf_ipvs_real, virtual_server, 64);
AT(conf_ipvs_real, address, 68);
AT(conf_ipvs_real, port, 88);
AT(conf_ipvs_real, tunnel_port, 90);
AT(conf_ipvs_real, forwarding, 92);
AT(conf_ipvs_real, weight, 96);
AT(conf_ipvs_real, upper, 100);
AT(conf_ipvs_real, lower, 104);
AT(conf_ipvs_real, tunnel_type, 108);
AT(conf_ipvs_real, tunnel_flags, 110);
AT(conf_ipvs_real, flags, 112);

SIZE(vrrp_script_verdict, 8);
AT(vrrp_script_verdict, script, 0);
AT(vrrp_script_verdict, verdict, 4);

SIZE(vrrp_tracked_value, 16);
AT(vrrp_tracked_value, tracked, 0);
AT(vrrp_tracked_value, kind, 4);
AT(vrrp_tracked_value, value, 8);

SIZE(check_run, 8);
AT(check_run, script, 0);
AT(check_run, run, 4);

SIZE(check_ran, 16);
AT(check_ran, script, 0);
AT(check_ran, run, 4);
AT(check_ran, result, 8);
AT(check_ran, status, 12);

SIZE(check_verdict, 8);
AT(check_verdict, script, 0);
AT(check_verdict, verdict, 4);

SIZE(check_suspend, 8);
AT(check_suspend, virtual_server, 0);
AT(check_suspend, suspended, 4);

SIZE(check_file_value, 16);
AT(check_file_value, file, 0);
AT(check_file_value, known, 4);
AT(check_file_value, value, 8);

SIZE(check_real_state, 184);
AT(check_real_state, real, 0);
AT(check_real_state, up, 4);
AT(check_real_state, news, 8);
AT(check_real_state, reserved, 12);
AT(check_real_state, weight, 16);
AT(check_real_state, reason, 24);

SIZE(check_virtual_state, 184);
AT(check_virtual_state, virtual_server, 0);
AT(check_virtual_state, quorum_up, 4);
AT(check_virtual_state, news, 8);
AT(check_virtual_state, reserved, 12);
AT(check_virtual_state, weight_up, 16);
AT(check_virtual_state, reason, 24);

SIZE(check_checker_state, 184);
AT(check_checker_state, checker, 0);
AT(check_checker_state, verdict, 4);
AT(check_checker_state, latency_us, 8);
AT(check_checker_state, record, 16);
AT(check_checker_state, reserved, 20);
AT(check_checker_state, result, 24);

SIZE(ipvs_real_state, 172);
AT(ipvs_real_state, real, 0);
AT(ipvs_real_state, up, 4);
AT(ipvs_real_state, weight, 8);
AT(ipvs_real_state, reason, 12);

SIZE(ipvs_virtual_state, 168);
AT(ipvs_virtual_state, virtual_server, 0);
AT(ipvs_virtual_state, quorum_up, 4);
AT(ipvs_virtual_state, reason, 8);

SIZE(ipvs_sync_role, 4);
AT(ipvs_sync_role, master, 0);

SIZE(ipvs_show, 16);
AT(ipvs_show, question, 0);
AT(ipvs_show, virtual_server, 4);
AT(ipvs_show, from, 8);
AT(ipvs_show, rows, 12);

SIZE(ipvs_shown_counters, 80);
AT(ipvs_shown_counters, connections, 0);
AT(ipvs_shown_counters, packets_in, 8);
AT(ipvs_shown_counters, packets_out, 16);
AT(ipvs_shown_counters, bytes_in, 24);
AT(ipvs_shown_counters, bytes_out, 32);
AT(ipvs_shown_counters, connections_s, 40);
AT(ipvs_shown_counters, packets_in_s, 48);
AT(ipvs_shown_counters, packets_out_s, 56);
AT(ipvs_shown_counters, bytes_in_s, 64);
AT(ipvs_shown_counters, bytes_out_s, 72);

SIZE(ipvs_shown_service_values, 44);
AT(ipvs_shown_service_values, flags, 0);
AT(ipvs_shown_service_values, timeout_s, 4);
AT(ipvs_shown_service_values, netmask, 8);
AT(ipvs_shown_service_values, scheduler, 12);
AT(ipvs_shown_service_values, engine, 28);

SIZE(ipvs_shown_service, 448);
AT(ipvs_shown_service, counters, 0);
AT(ipvs_shown_service, question, 80);
AT(ipvs_shown_service, flags, 84);
AT(ipvs_shown_service, virtual_server, 88);
AT(ipvs_shown_service, fwmark, 92);
AT(ipvs_shown_service, address, 96);
AT(ipvs_shown_service, protocol, 116);
AT(ipvs_shown_service, port, 118);
AT(ipvs_shown_service, wanted, 120);
AT(ipvs_shown_service, actual, 164);
AT(ipvs_shown_service, problem, 208);

SIZE(ipvs_shown_real_values, 24);
AT(ipvs_shown_real_values, forwarding, 0);
AT(ipvs_shown_real_values, weight, 4);
AT(ipvs_shown_real_values, upper, 8);
AT(ipvs_shown_real_values, lower, 12);
AT(ipvs_shown_real_values, tunnel_type, 16);
AT(ipvs_shown_real_values, tunnel_port, 18);
AT(ipvs_shown_real_values, tunnel_flags, 20);
AT(ipvs_shown_real_values, reserved, 22);

SIZE(ipvs_shown_real, 416);
AT(ipvs_shown_real, counters, 0);
AT(ipvs_shown_real, question, 80);
AT(ipvs_shown_real, flags, 84);
AT(ipvs_shown_real, real, 88);
AT(ipvs_shown_real, active, 92);
AT(ipvs_shown_real, inactive, 96);
AT(ipvs_shown_real, persistent, 100);
AT(ipvs_shown_real, address, 104);
AT(ipvs_shown_real, port, 124);
AT(ipvs_shown_real, reserved, 126);
AT(ipvs_shown_real, wanted, 128);
AT(ipvs_shown_real, actual, 152);
AT(ipvs_shown_real, problem, 176);

SIZE(ipvs_shown_end, 256);
AT(ipvs_shown_end, question, 0);
AT(ipvs_shown_end, next, 4);
AT(ipvs_shown_end, sync_wanted, 8);
AT(ipvs_shown_end, sync_actual, 12);
AT(ipvs_shown_end, problem, 16);

SIZE(ipvs_trouble, 248);
AT(ipvs_trouble, kind, 0);
AT(ipvs_trouble, virtual_server, 4);
AT(ipvs_trouble, reason, 8);

SIZE(state_vrrp_instance, 480);
AT(state_vrrp_instance, ifname, 0);
AT(state_vrrp_instance, family, 16);
AT(state_vrrp_instance, vrid, 17);
AT(state_vrrp_instance, state, 18);
AT(state_vrrp_instance, effective_priority, 19);
AT(state_vrrp_instance, last_from, 20);
AT(state_vrrp_instance, master_priority, 21);
AT(state_vrrp_instance, reserved, 22);
AT(state_vrrp_instance, fault_reasons, 24);
AT(state_vrrp_instance, master_adver_interval_cs, 28);
AT(state_vrrp_instance, timer_ns, 32);
AT(state_vrrp_instance, preempt_ns, 40);
AT(state_vrrp_instance, garp_ns, 48);
AT(state_vrrp_instance, last_advert_ns, 56);
AT(state_vrrp_instance, changed_ns, 64);
AT(state_vrrp_instance, changed_wall_s, 72);
AT(state_vrrp_instance, master, 80);
AT(state_vrrp_instance, garp_left, 100);
AT(state_vrrp_instance, counters, 104);
AT(state_vrrp_instance, name, 256);
AT(state_vrrp_instance, reason, 320);

SIZE(state_check, 104);
AT(state_check, name, 0);
AT(state_check, verdict, 64);
AT(state_check, streak, 68);
AT(state_check, streak_good, 72);
AT(state_check, run, 76);
AT(state_check, due_ns, 80);
AT(state_check, changed_ns, 88);
AT(state_check, changed_wall_s, 96);

SIZE(state_checker, 240);
AT(state_checker, key, 0);
AT(state_checker, verdict, 8);
AT(state_checker, retries, 12);
AT(state_checker, step, 16);
AT(state_checker, passed, 20);
AT(state_checker, added, 24);
AT(state_checker, due_ns, 32);
AT(state_checker, changed_ns, 40);
AT(state_checker, changed_wall_s, 48);
AT(state_checker, latency_us, 56);
AT(state_checker, attempts, 64);
AT(state_checker, failures, 72);
AT(state_checker, result, 80);

SIZE(state_server, 24);
AT(state_server, key, 0);
AT(state_server, up, 8);
AT(state_server, reserved, 12);
AT(state_server, weight, 16);

SIZE(state_ipvs_entry, 60);
AT(state_ipvs_entry, kind, 0);
AT(state_ipvs_entry, service, 4);
AT(state_ipvs_entry, fwmark, 24);
AT(state_ipvs_entry, protocol, 28);
AT(state_ipvs_entry, port, 30);
AT(state_ipvs_entry, real, 32);
AT(state_ipvs_entry, real_port, 52);
AT(state_ipvs_entry, reserved, 54);
AT(state_ipvs_entry, checksum, 56);

SIZE(state_vrrp_clock, 16);
AT(state_vrrp_clock, timer_ns, 0);
AT(state_vrrp_clock, last_advert_ns, 8);

SIZE(state_change, 272);
AT(state_change, instance, 0);
AT(state_change, from, 64);
AT(state_change, to, 65);
AT(state_change, vrid, 66);
AT(state_change, priority, 67);
AT(state_change, fault_reasons, 68);
AT(state_change, at_ns, 72);
AT(state_change, wall_s, 80);
AT(state_change, master, 88);
AT(state_change, reason, 108);
AT(state_change, reserved2, 268);

SIZE(state_vrrp_address, 48);
AT(state_vrrp_address, used, 0);
AT(state_vrrp_address, prefixlen, 4);
AT(state_vrrp_address, ifname, 8);
AT(state_vrrp_address, address, 24);
AT(state_vrrp_address, checksum, 44);
