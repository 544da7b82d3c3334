<?php
/*
 * A Linphone that picks up by itself where the caller's headers ask for it, or sends every caller elsewhere (302). Its own programs
 * for the terminal leave both to their user; the library can, and its graphical phones ask it, as this does. Started with a
 * configuration file, a file to play and a file to record into, the User-Agent to go by, and the URI of who is to be called in its
 * place, if anybody; runs until it is told to stop.
 */
[, $configuration, $played, $recorded, $userAgent] = $argv;
$forwardsTo = $argv[5] ?? null;

$linphone = FFI::cdef(<<<'C'
  typedef struct Factory Factory;
  typedef struct Core Core;
  typedef struct Call Call;
  Factory *linphone_factory_get(void);
  Core *linphone_factory_create_core_3(Factory *, const char *configuration, const char *factory, void *context);
  void linphone_core_set_user_agent(Core *, const char *name, const char *version);
  void linphone_core_set_use_files(Core *, unsigned char yes);
  void linphone_core_set_play_file(Core *, const char *path);
  void linphone_core_set_record_file(Core *, const char *path);
  int linphone_core_start(Core *);
  void linphone_core_iterate(Core *);
  Call *linphone_core_get_current_call(Core *);
  int linphone_call_get_state(Call *);
  unsigned char linphone_call_asked_to_autoanswer(Call *);
  int linphone_call_accept(Call *);
  int linphone_call_redirect(Call *, const char *uri);
  void linphone_core_stop(Core *);
C, 'liblinphone.so.10');

/** LinphoneCallStateIncomingReceived. */
const INCOMING = 1;

$core = $linphone->linphone_factory_create_core_3($linphone->linphone_factory_get(), $configuration, null, null);
$linphone->linphone_core_set_user_agent($core, $userAgent, '5.1');
$linphone->linphone_core_set_use_files($core, 1);
$linphone->linphone_core_set_play_file($core, $played);
$linphone->linphone_core_set_record_file($core, $recorded);
$linphone->linphone_core_start($core);

$goesOn = true;
pcntl_async_signals(true);
pcntl_signal(SIGTERM, function () use (&$goesOn) { $goesOn = false; });

$state = 0;
while ($goesOn) {
    $linphone->linphone_core_iterate($core);
    usleep(20_000);
    $call = $linphone->linphone_core_get_current_call($core);
    $before = $state;
    $state = $call === null ? 0 : $linphone->linphone_call_get_state($call);
    if ($state !== INCOMING || $before === INCOMING) continue;
    if ($forwardsTo !== null) {
        echo "incoming call, sent elsewhere\n";
        $linphone->linphone_call_redirect($call, $forwardsTo);
        continue;
    }
    $isAsked = $linphone->linphone_call_asked_to_autoanswer($call) !== 0;
    echo $isAsked ? "incoming call, asked to answer\n" : "incoming call, rings\n";
    if ($isAsked) $linphone->linphone_call_accept($call);
}
$linphone->linphone_core_stop($core);
