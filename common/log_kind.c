/* What lines are about. An id is never given to something else: operators search for them. */
#include "common/log_format.h"

static const struct {
	const char *id;
	const char *name;
} kinds[LOG_KINDS] = {
	[LOG_VRRP_STATE] = {"bbabaf49bf0646de8b43fc8c9b6a7386", "vrrp-state"},
	[LOG_VRRP_PRIORITY] = {"2e9430a54b1f48fe9e6503fbdcdfd1fd", "vrrp-priority"},
	[LOG_GROUP_STATE] = {"bde045012a05461c8b05dfff1c40eb4a", "group-state"},
	[LOG_REAL_SERVER] = {"096aee95c901470d882e040df71c6974", "real-server"},
	[LOG_REAL_SERVER_WEIGHT] = {"85bb8d4524b6479aadc82af5c67ed206", "real-server-weight"},
	[LOG_CHECK_FAILED] = {"a83b62569ea24f84951764be995875f3", "check-failed"},
	[LOG_QUORUM] = {"dc97d4359c754c7d9808f5141072e7d5", "quorum"},
	[LOG_SCRIPT_VERDICT] = {"c2901a19a08a407fb53f74eea44ba6b6", "script-verdict"},
	[LOG_SCRIPT_RESULT] = {"e54d4ee417db4b47bf9fcd23797af982", "script-result"},
	[LOG_NOTIFY_FAILED] = {"2ce7135542364bf180e525e245815162", "notify-failed"},
	[LOG_TRACKED] = {"af8ad6c2aa7449f093193f58e5737975", "tracked"},
	[LOG_IPVS_TROUBLE] = {"cb9d346144ec48b180f8c17629277cfa", "ipvs-trouble"},
	[LOG_IPVS_INTERFERENCE] = {"0c34fb8a904544488af5fa687d489262", "ipvs-interference"},
	[LOG_PROCESS_ENDED] = {"551da7f5a9ba454bae7ec979202a201e", "process-ended"},
	[LOG_PROCESS_KILLED] = {"9a64b15c17884d4ab70ef47016bacf54", "process-killed"},
	[LOG_PROCESS_STARTED] = {"3f5a19c5ca754ad3ac4bc49ff526cb15", "process-started"},
	[LOG_CONFIGURATION] = {"050222719dd24cdb9f0062e1978b144b", "configuration"},
	[LOG_CONFIGURATION_REFUSED] = {"77da8693c99542a394d98cab0692c4a2", "configuration-refused"},
	[LOG_MAIL_FAILED] = {"6026f395621d4228a1111a5793b08486", "mail-failed"},
	[LOG_LEFT_OUT] = {"5eb5af9cbdf64fd9be0bebc5a7be3d11", "left-out"},
};

const char *log_kind_id(enum log_kind kind)
{
	return kinds[kind].id;
}

const char *log_kind_name(enum log_kind kind)
{
	return kinds[kind].name;
}
