# SPDX-License-Identifier: Apache-2.0
# Backing up a scheduler that works, looking for damage, and going on from a backup.
@start_scheduler
@apply_site
@start_agents
@apply_wave
causeway state backup monday.db | sed -E 's/[0-9]+ events.*/N events/; s/revision [0-9]+/revision N/'
causeway state backup monday.db
causeway state check | tail -1
causeway state check monday.db | tail -1

# A state is never overwritten, and not read behind a running scheduler's back.
causeway state restore monday.db --scheduler scheduler.yaml > /dev/null
causeway state check state.db

# A page that the disk lost.
@stop_scheduler
@dd if=/dev/zero of=state.db bs=4096 seek=6 count=1 conv=notrunc status=none
causeway state check state.db > /dev/null 2> said; grep -c wrong: said > /dev/null && echo damaged
causeway-scheduler --config scheduler.yaml 2>&1 | grep -o "causeway state restore.* a backup"

# The way back: the damaged file is moved away, not overwritten.
@mkdir damaged && mv state.db* damaged
causeway state restore monday.db --scheduler scheduler.yaml | tail -2
@start_scheduler
causeway get workloads -o name | wc -l
causeway state check | sed -E 's/[0-9]+ events.*/N events/; s/revision [0-9]+/revision N/'
