holdfast_fuzz_target(smtp_reply LINK checkerd)
holdfast_fuzz_target(dns_message LINK checkerd)
holdfast_fuzz_target(http_reply LINK checkerd)
