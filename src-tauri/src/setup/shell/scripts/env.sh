# Points AI clients at llm-proxy in interactive shells while it runs, and takes a dead address away. A value
# that is not llm-proxy's own is left alone. Nothing here waits, uses the network or starts a program; alive is
# who has the process id, so for the rare id that was given to another program a dead address may stay.
case $- in
*i*)
    _llm_proxy_port='' _llm_proxy_pid=''
    if [ -f @PORTFILE@ ] && [ -f @PIDFILE@ ]; then
        { IFS='' \read -r _llm_proxy_port < @PORTFILE@ && IFS='' \read -r _llm_proxy_pid < @PIDFILE@; } 2> /dev/null || :
    fi
    case $_llm_proxy_port in '' | *[!0-9]*) _llm_proxy_pid='' ;; esac
    case $_llm_proxy_pid in
    '' | 0* | *[!0-9]* | ??????????*) _llm_proxy_port='' ;;
    *) \kill -0 "$_llm_proxy_pid" 2> /dev/null || _llm_proxy_port='' ;;
    esac
    case ${ANTHROPIC_BASE_URL-unset} in
    unset | http://127.0.0.1:[0-9]*/anthropic/api.anthropic.com)
        if [ -n "$_llm_proxy_port" ]; then
            \export ANTHROPIC_BASE_URL="http://127.0.0.1:$_llm_proxy_port/anthropic/api.anthropic.com"
        else
            \unset ANTHROPIC_BASE_URL
        fi
        ;;
    esac
    case ${OPENAI_BASE_URL-unset} in
    unset | http://127.0.0.1:[0-9]*/openai/api.openai.com/v1)
        if [ -n "$_llm_proxy_port" ]; then
            \export OPENAI_BASE_URL="http://127.0.0.1:$_llm_proxy_port/openai/api.openai.com/v1"
        else
            \unset OPENAI_BASE_URL
        fi
        ;;
    esac
    \unset _llm_proxy_port _llm_proxy_pid
    ;;
esac
