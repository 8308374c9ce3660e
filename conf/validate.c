#include "conf/finding.h"
#include "conf/stage.h"

void conf_validate(struct conf *conf, const struct conf_host *host)
{
	(void)conf;
	(void)host;
}
