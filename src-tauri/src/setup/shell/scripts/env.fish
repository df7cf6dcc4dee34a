# Points AI clients at llm-proxy in interactive shells while it runs, and takes a dead address away. A value
# that is not llm-proxy's own is left alone. Nothing here waits or uses the network; alive is who has the
# process id, so for the rare id that was given to another program a dead address may stay.
if status is-interactive
    set -l port
    set -l id
    if test -f @PORTFILE@; and test -f @PIDFILE@
        read port < @PORTFILE@ 2> /dev/null
        read id < @PIDFILE@ 2> /dev/null
    end
    if not string match -qr '^[0-9]+$' -- "$port"; or not string match -qr '^[1-9][0-9]*$' -- "$id"
        set port
    else if test -d /proc/self
        test -d "/proc/$id"; or set port
    else
        # fish has no kill of its own; without /proc a program has to be asked.
        command kill -0 "$id" 2> /dev/null; or set port
    end
    for base in ANTHROPIC_BASE_URL/anthropic/api.anthropic.com OPENAI_BASE_URL/openai/api.openai.com/v1
        set -l name (string split -m 1 / -- $base)[1]
        set -l path (string split -m 1 / -- $base)[2]
        if not set -q $name; or string match -q "http://127.0.0.1:*/$path" -- "$$name"
            if test -n "$port"
                set -gx $name "http://127.0.0.1:$port/$path"
            else
                set -eg $name
            end
        end
    end
end
