/* How servers are called in the log. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>

#include "ipvsd/balancer_internal.h"

static const char *key_text(const struct ipvs_key *key, char *text, size_t size)
{
	char address[INET6_ADDRSTRLEN] = "?";

	if (key->fwmark != 0) {
		snprintf(text, size, "FWM %" PRIu32, key->fwmark);
		return text;
	}
	inet_ntop(key->address.family, key->address.bytes, address, sizeof(address));
	snprintf(text, size, "[%s]:%s:%u", address,
		key->protocol == IPPROTO_TCP    ? "tcp"
		: key->protocol == IPPROTO_UDP  ? "udp"
		: key->protocol == IPPROTO_SCTP ? "sctp"
						: "?",
		key->port);
	return text;
}

const char *balancer_dest_text(const struct model_service *service, const struct ipvs_dest *dest,
	char text[SERVICE_TEXT_LEN])
{
	const struct ipvs_key key = {.address = dest->address,
		.protocol = service->kernel.key.protocol,
		.port = dest->port};

	return key_text(&key, text, SERVICE_TEXT_LEN);
}

const char *balancer_service_text(const struct balancer *balancer,
	const struct model_service *service, char text[SERVICE_TEXT_LEN])
{
	char key[SERVICE_TEXT_LEN - PROTO_NAME_LEN - 3];

	key_text(&service->kernel.key, key, sizeof(key));
	if (service->claims == NULL) {
		snprintf(text, SERVICE_TEXT_LEN, "%s", key);
		return text;
	}
	uint32_t number = service->claims->virtual_server;
	const char *name = balancer->conf.virtuals[number].name;
	if (balancer->model.first_claim[number + 1] - balancer->model.first_claim[number] == 1)
		snprintf(text, SERVICE_TEXT_LEN, "%s", name);
	else
		snprintf(text, SERVICE_TEXT_LEN, "%s (%s)", name, key);
	return text;
}

const struct ipvs_real *balancer_find_real(const struct balancer *balancer,
	const struct model_service *service, const struct ipvs_dest *dest, uint32_t *number)
{
	for (const struct model_claim *claim = service->claims; claim != NULL;
		claim = claim->next) {
		const struct ipvs_virtual *virtual_server =
			&balancer->conf.virtuals[claim->virtual_server];
		*number = claim->virtual_server;
		for (uint32_t i = 0; i < virtual_server->reals; i++) {
			const struct ipvs_real *real =
				&balancer->conf.reals[virtual_server->first_real + i];
			if (wanted_is_at(real, dest))
				return real;
		}
		if (virtual_server->sorry != NULL && wanted_is_at(virtual_server->sorry, dest))
			return virtual_server->sorry;
	}
	return NULL;
}
