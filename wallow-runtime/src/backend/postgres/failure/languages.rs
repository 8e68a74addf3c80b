//! What PostgreSQL says in other languages than English, by which a kind of error is told.
//!
//! The code of an error (SQLSTATE) would say it in all languages, but diesel keeps it to itself except for a few, such as
//! uniqueness and serialisation. A server speaks the language of its `lc_messages`, which only an administrator may
//! change. These are the translations of PostgreSQL's own catalogs: German, Spanish, French, Italian, Japanese, Georgian,
//! Korean, Russian, Swedish, Ukrainian and Chinese.

use std::borrow::Cow;

/// The languages of the table below, as `lc_messages` names them.
const LANGUAGES: [&str; 11] = [
    "de", "es", "fr", "it", "ja", "ka", "ko", "ru", "sv", "uk", "zh",
];

/// What is said in English, and in the other languages.
const MESSAGES: [(&str, &[&str]); 20] = [
    (
        "canceling statement due to lock timeout",
        &[
            "storniere Anfrage wegen Zeitüberschreitung einer Sperre",
            "cancelando la sentencia debido a que se agotó el tiempo de espera de candados (locks)",
            "annulation de la requête à cause du délai écoulé pour l'obtention des verrous",
            "annullamento dell'istruzione a causa di timeout di lock",
            "ロックのタイムアウトのためステートメントをキャンセルしています",
            "გამოსახულება გაუქმდება ბლოკის მოლოდინის ვადის ამოწურვის გამო",
            "잠금 대기 시간 초과로 작업을 취소합니다",
            "выполнение оператора отменено из-за тайм-аута блокировки",
            "avbryter sats på grund av lås-timeout",
            "виконання оператора скасовано через тайм-аут блокування",
            "由于锁超时，取消语句操作",
        ],
    ),
    (
        "canceling statement due to statement timeout",
        &[
            "storniere Anfrage wegen Zeitüberschreitung der Anfrage",
            "cancelando la sentencia debido a que se agotó el tiempo de espera de sentencias",
            "annulation de la requête à cause du délai écoulé pour l'exécution de l'instruction",
            "annullamento dell'istruzione a causa di timeout",
            "ステートメントのタイムアウトのためステートメントをキャンセルしています",
            "명령실행시간 초과로 작업을 취소합니다",
            "выполнение оператора отменено из-за тайм-аута",
            "avbryter sats på grund av sats-timeout",
            "виконання оператора скасовано через тайм-аут",
            "由于语句执行超时，正在取消查询命令",
        ],
    ),
    (
        "canceling statement due to user request",
        &[
            "storniere Anfrage wegen Benutzeraufforderung",
            "cancelando la sentencia debido a una petición del usuario",
            "annulation de la requête à la demande de l'utilisateur",
            "annullamento dell'istruzione su richiesta dell'utente",
            "ユーザーからの要求により文をキャンセルしています",
            "사용자 요청에 의해 작업을 취소합니다",
            "выполнение оператора отменено по запросу пользователя",
            "avbryter sats på användares begäran",
            "виконання оператора скасовано по запиту користувача",
            "由于用户请求而正在取消查询",
        ],
    ),
    (
        "canceling statement due to conflict with recovery",
        &[
            "storniere Anfrage wegen Konflikt mit der Wiederherstellung",
            "cancelando la sentencia debido a un conflicto con la recuperación",
            "annulation de la requête à cause d'un conflit avec la restauration",
            "annullamento dell'istruzione a causa di un conflitto con il ripristino",
            "リカバリで競合が発生したためステートメントをキャンセルしています",
            "გამოსახულების გაუქმება აღდგენასთან კონფლიქტის გამო",
            "복구 작업 중 충돌이 발생해 작업을 중지합니다",
            "выполнение оператора отменено из-за конфликта с процессом восстановления",
            "avbryter sats på grund av konflikt med återställning",
            "виконання оператора скасовано через конфлікт з процесом відновлення",
            "由于与恢复操作冲突，正在取消语句命令",
        ],
    ),
    (
        "terminating connection due to conflict with recovery",
        &[
            "Verbindung wird abgebrochen wegen Konflikt mit der Wiederherstellung",
            "terminando la conexión debido a un conflicto con la recuperación",
            "arrêt de la connexion à cause d'un conflit avec la restauration",
            "interruzione della connessione a causa di conflitto con il ripristino",
            "リカバリで競合が発生したため、接続を終了しています",
            "მიერთების შეწყვეტა აღდგენასთან კონფლიქტის გამო",
            "복구 작업 중 충돌로 연결을 끝냅니다",
            "закрытие подключения из-за конфликта с процессом восстановления",
            "avslutar anslutning på grund av konflikt med återställning",
            "завершення підключення через конфлікт з процесом відновлення",
            "由于与恢复操作相冲突而中断连接",
        ],
    ),
    (
        "deadlock detected",
        &[
            "Verklemmung (Deadlock) entdeckt",
            "se ha detectado un deadlock",
            "interblocage (deadlock) détecté",
            "rilevato deadlock",
            "デッドロックを検出しました",
            "ნაპოვნია ურთიერთბლოკირება",
            "deadlock 발생했음",
            "обнаружена взаимоблокировка",
            "deadlock upptäckt",
            "виявлено взаємне блокування",
            "检测到死锁",
        ],
    ),
    (
        "terminating connection due to administrator command",
        &[
            "Verbindung wird abgebrochen aufgrund von Anweisung des Administrators",
            "terminando la conexión debido a una orden del administrador",
            "arrêt des connexions suite à la demande de l'administrateur",
            "interruzione della connessione su comando dell'amministratore",
            "管理者コマンドにより接続を終了しています",
            "მიერთების შეწყვეტა ადმინისტრატორის ბრძანების გამო",
            "관리자 요청에 의해서 연결을 끝냅니다",
            "закрытие подключения по команде администратора",
            "avslutar anslutning på grund av ett administratörskommando",
            "завершення підключення по команді адміністратора",
            "由于管理员命令中断联接",
        ],
    ),
    (
        "terminating connection due to idle-session timeout",
        &[
            "Verbindung wird abgebrochen wegen Zeitüberschreitung in inaktiver Sitzung",
            "terminando la conexión debido a que se agotó el tiempo de espera para sesiones abiertas inactivas",
            "arrêt des connexions suite à l'expiration du délai d'inactivité de la session",
            "terminazione della connessione a causa del timeout della sessione inattiva",
            "アイドルセッションタイムアウトにより接続を終了します",
            "idle-session 시간 초과로 연결을 끝냅니다",
            "закрытие подключения из-за тайм-аута простоя сеанса",
            "stänger anslutning på grund av idle-session-timeout",
            "завершення підключення через тайм-аут неактивного сеансу",
        ],
    ),
    (
        "terminating connection due to idle-in-transaction timeout",
        &[
            "Verbindung wird abgebrochen wegen Zeitüberschreitung in inaktiver Transaktion",
            "terminando la conexión debido a que se agotó el tiempo de espera para transacciones abiertas inactivas",
            "arrêt des connexions suite à l'expiration du délai d'inactivité en transaction",
            "la connessione è stata terminata a causa di timeout di inattività durante una transazione",
            "トランザクション中アイドルタイムアウトのため接続を終了します",
            "idle-in-transaction 시간 초과로 연결을 끝냅니다",
            "закрытие подключения из-за тайм-аута простоя в транзакции",
            "terminerar anslutning på grund av idle-in-transaction-timeout",
            "завершення підключення через тайм-аут бездіяльності в транзакції",
            "由于空载事务超时而终止连接",
        ],
    ),
    (
        "terminating connection because of crash of another server process",
        &[
            "Verbindung wird abgebrochen wegen Absturz eines anderen Serverprozesses",
            "terminando la conexión debido a una falla en otro proceso servidor",
            "arrêt de la connexion à cause de l'arrêt brutal d'un autre processus serveur",
            "la connessione è stata terminata a causa del crash di un altro processo del server",
            "他のサーバープロセスがクラッシュしたため接続を終了します",
            "다른 서버 프로세스가 손상을 입어 현재 연결을 중지합니다",
            "закрытие подключения из-за краха другого серверного процесса",
            "avbryter anslutning på grund av en krash i en annan serverprocess",
            "завершення підключення через аварійне завершення роботи іншого серверного процесу",
            "中断联接, 因为其它服务器进程崩溃",
        ],
    ),
    (
        "cached plan must not change result type",
        &[
            "gecachter Plan darf den Ergebnistyp nicht ändern",
            "el plan almacenado no debe cambiar el tipo de resultado",
            "le plan en cache ne doit pas modifier le type en résultat",
            "il cached plan non deve cambiare il tipo del risultato",
            "キャッシュした実行計画は結果型を変更してはなりません",
            "დაკეშილი გეგმა შედეგის ტიპს არ უნდა ცვლიდეს",
            "캐시된 계획에서 결과 형식을 바꾸지 않아야 함",
            "в кешированном плане не должен изменяться тип результата",
            "cache:ad plan får inte ändra resultattyp",
            "в кешованому плані не повинен змінюватись тип результату",
            "已缓冲的计划不能改变结果类型",
        ],
    ),
    (
        "sorry, too many clients already",
        &[
            "tut mir leid, schon zu viele Verbindungen",
            "lo siento, ya tenemos demasiados clientes",
            "désolé, trop de clients sont déjà connectés",
            "spiacente, troppi client già connessi",
            "現在クライアント数が多すぎます",
            "უკაცრავად, უკვე მეტისმეტად ბევრი კლიენტია",
            "최대 동시 접속자 수를 초과했습니다",
            "извините, уже слишком много клиентов",
            "ledsen, för många klienter",
            "вибачте, вже забагато клієнтів",
            "对不起, 已经有太多的客户",
        ],
    ),
    (
        "remaining connection slots are reserved for non-replication superuser connections",
        &[
            "die verbleibenden Verbindungen sind für Superuser auf Nicht-Replikationsverbindungen reserviert",
            "las conexiones restantes están reservadas a superusuarios y no de replicación",
            "les emplacements de connexions restants sont réservés pour les connexions
superutilisateur non relatif à la réplication",
            "i rimanenti slot di connessione sono riservati a connessioni di superutenti non di replica",
            "残りの接続スロットはレプリケーションユーザーではないスーパーユーザー用に予約されています",
            "남은 연결 슬롯은 non-replication 슈퍼유저 연결용으로 남겨 놓았음",
            "оставшиеся слоты подключений зарезервированы для подключений суперпользователя (не для репликации)",
            "resterande anslutningsslottar är reserverade för superuser-anslutningar utan replikering",
            "слоти підключень, які залишились, зарезервовані для підключень суперкористувача (не для реплікації)",
            "已保留的连接位置为执行非复制请求的超级用户预留",
        ],
    ),
    (
        "the database system is starting up",
        &[
            "das Datenbanksystem startet",
            "el sistema de base de datos está iniciándose",
            "le système de bases de données se lance",
            "il database si sta avviando",
            "データベースシステムは起動処理中です",
            "მიმდინარეობს მონაცემთა ბაზის სისტემის გაშვება",
            "데이터베이스 시스템이 새로 가동 중입니다",
            "система баз данных запускается",
            "databassystemet startar upp",
            "система бази даних запускається",
            "数据库系统启动中",
        ],
    ),
    (
        "the database system is shutting down",
        &[
            "das Datenbanksystem fährt herunter",
            "el sistema de base de datos está apagándose",
            "le système de base de données s'arrête",
            "il database si sta spegnendo",
            "データベースシステムはシャットダウンしています",
            "მონაცემთა ბაზის სისტემა ითიშება",
            "데이터베이스 시스템이 중지 중입니다",
            "система баз данных останавливается",
            "databassystemet stänger ner",
            "система бази даних завершує роботу",
            "数据库系统停止中",
        ],
    ),
    (
        "the database system is in recovery mode",
        &[
            "das Datenbanksystem ist im Wiederherstellungsmodus",
            "el sistema de base de datos está en modo de recuperación",
            "le système de bases de données est en cours de restauration",
            "il database è in modalità di ripristino",
            "データベースシステムはリカバリモードです",
            "მონაცემთა ბაზის სისტემა აღდგენის რეჟიმშია",
            "데이터베이스 시스템이 자동 복구 작업 중입니다",
            "система баз данных в режиме восстановления",
            "databassystemet är återställningsläge",
            "система бази даних у режимі відновлення",
            "数据库系统在恢复模式中",
        ],
    ),
    (
        "the database system is not yet accepting connections",
        &[
            "das Datenbanksystem nimmt noch keine Verbindungen an",
            "el sistema de bases de datos aún no está aceptando conexiones",
            "le système de bases de données n'accepte pas encore de connexions",
            "il sistema di database non accetta ancora connessioni",
            "データベースシステムはまだ接続を受け付けていません",
            "მონაცემთა ბაზის სისტემა ჯერ მიერთებებს არ იღებს",
            "해당 데이터베이스 시스템은 아직 접속을 허용하지 않습니다",
            "система БД ещё не принимает подключения",
            "databassystemet tar ännu inte emot anslutningar",
            "система бази даних ще не приймає підключення",
        ],
    ),
    (
        "stack depth limit exceeded",
        &[
            "Grenze für Stacktiefe überschritten",
            "límite de profundidad de stack alcanzado",
            "dépassement de limite (en profondeur) de la pile",
            "limite di profondità dello stack superato",
            "スタック長制限を越えました",
            "გადაცილებულია სტეკის სიღრმის ლიმიტი",
            "스택 깊이를 초과했습니다",
            "превышен предел глубины стека",
            "maximalt stackdjup överskridet",
            "перевищено ліміт глибини стека",
            "堆栈深度超过限制",
        ],
    ),
    (
        "out of shared memory",
        &[
            "Shared Memory aufgebraucht",
            "memoria compartida agotada",
            "mémoire partagée épuisée",
            "memoria condivisa esaurita",
            "共有メモリが足りません",
            "არასაკმარისი გაზიარებული მეხსიერება",
            "공유 메모리 부족",
            "нехватка разделяемой памяти",
            "slut på delat minne",
            "нестача спільної пам'яті",
            "共享内存用尽",
        ],
    ),
    (
        "no schema has been selected to create in",
        &[
            "kein Schema für die Objekterzeugung ausgewählt",
            "no se ha seleccionado ningún esquema dentro del cual crear",
            "aucun schéma n'a été sélectionné pour cette création",
            "nessuna schema selezionato per crearci dentro",
            "作成先のスキーマが選択されていません",
            "შიგნით შესაქმნელი სქემა მონიშნული არაა",
            "선택된 스키마 없음, 대상:",
            "схема для создания объектов не выбрана",
            "inget schema har valts för att skapa i",
            "не вибрано схему для створення об'єктів",
            "创建中没有选择模式",
        ],
    ),
];

/// A message with what decides its kind in English.
pub(super) fn in_english(text: &str) -> Cow<'_, str> {
    let translations = MESSAGES.iter().flat_map(|(english, others)| {
        let others = others.iter();
        others.map(move |other| (*other, *english))
    });
    // One may begin as another does: a wait for a lock, and any wait.
    let found = translations
        .filter(|(other, _)| text.contains(other))
        .max_by_key(|(other, _)| other.len());
    match found {
        Some((other, english)) => Cow::Owned(text.replacen(other, english, 1)),
        None => Cow::Borrowed(text),
    }
}

/// Whether what is said with this setting of `lc_messages` is understood.
pub(in super::super) fn is_understood(setting: &str) -> bool {
    let language = setting.split(['.', '_', '@']).next().unwrap_or_default();
    matches!(language, "" | "C" | "POSIX" | "en" | "English")
        || LANGUAGES.binary_search(&language).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_can_be_searched() {
        assert!(LANGUAGES.is_sorted());
    }

    #[test]
    fn languages_have_several_names() {
        for language in [
            "",
            "C",
            "C.UTF-8",
            "POSIX",
            "en_US.UTF-8",
            "English_United States.1252",
            "de_DE.UTF-8",
            "fr_FR",
            "es",
        ] {
            assert!(is_understood(language), "{language}");
        }
        for language in ["pl_PL.UTF-8", "Catalan", "tr"] {
            assert!(!is_understood(language), "{language}");
        }
    }

    #[test]
    fn the_longest_translation_counts() {
        for (said, meant) in [
            (
                "annullamento dell'istruzione a causa di timeout di lock",
                "canceling statement due to lock timeout",
            ),
            (
                "выполнение оператора отменено из-за тайм-аута",
                "canceling statement due to statement timeout",
            ),
            (
                "выполнение оператора отменено из-за тайм-аута блокировки",
                "canceling statement due to lock timeout",
            ),
            ("division by zero", "division by zero"),
        ] {
            assert_eq!(in_english(said), meant);
        }
    }
}
