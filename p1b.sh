. /tmp/x/h-six/env.sh
timeout 600 python bench/jms_takeover.py jdbc-mariadb > /tmp/x/h-six/p1b.txt 2>&1; uptime >> /tmp/x/h-six/p1b.txt
