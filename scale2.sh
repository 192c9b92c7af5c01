. /tmp/x/h-six/env.sh
uptime
timeout 870 python bench/scale.py ring hub mesh
uptime
