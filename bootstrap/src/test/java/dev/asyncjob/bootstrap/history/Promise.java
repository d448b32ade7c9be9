package dev.asyncjob.bootstrap.history;

/** What a history must show, from sections 1 to 3 of the contract, and that it was recorded well. */
enum Promise {
    /** An idempotency key names one job. */
    ONE_JOB_PER_KEY,
    /** Who repeats a request gets the first answer, with the same tag. */
    REPETITIONS_GET_THE_FIRST_ANSWER,
    /** An acknowledged job is found. */
    ACCEPTED_IS_KEPT,
    /** After an end was told, no read begins that tells PENDING. */
    NO_STATUS_GOES_BACK,
    /** An ended job is found until its retention ends. */
    ENDED_IS_KEPT,
    /** A job whose retention is over is not found. */
    RETENTION_ENDS,
    /** All that tell the end of a job tell the same bytes. */
    ONE_END_IN_BYTES,
    /** All that tell the end of a job have the same tag. */
    ONE_END_IN_TAGS,
    /** When all faults are over, each node answers a read of each job. */
    ANSWERED_AT_THE_END,
    /** When all faults are over and workers have had their time, each acknowledged job has ended. */
    EVERY_JOB_ENDS,
    /** Each acknowledged job is read when all is over; otherwise the history proves little. */
    READ_AT_THE_END,
    /** A lease token of a job is given to one claim. */
    A_TOKEN_IS_GIVEN_ONCE,
    /** A greater token was granted later, by the clock of the database. */
    TOKENS_GROW,
    /** A greater token was not answered before the smaller one was asked for. */
    TOKENS_FOLLOW_REAL_TIME,
    /** A job is leased to one claim at a time. */
    LEASES_DO_NOT_OVERLAP,
    /** No job is claimed before it is due. */
    CLAIMED_WHEN_DUE,
    /** A repeated claim gets the same leases while they last. */
    REPEATED_CLAIMS_GET_THE_SAME,
    /** A repeated claim gets no further jobs while its leases last. */
    REPEATED_CLAIMS_GET_NO_MORE,
    /** One outcome is accepted under a token. */
    ONE_OUTCOME_PER_TOKEN,
    /** No outcome is accepted under a token when a greater one is out. */
    OLD_TOKENS_SETTLE_NOTHING,
    /** One token ends a job. */
    ONE_TOKEN_ENDS,
    /** An ended job is not claimed. */
    ENDED_IS_NOT_CLAIMED,
    /** No answer is a server error other than 503. */
    NO_SERVER_ERROR,
    /** A 503 says when to come again. */
    UNAVAILABLE_SAYS_WHEN,
    /** No valid request is refused as invalid. */
    NO_ODD_STATUS,
    /** An answer comes within its time. */
    ANSWERS_IN_TIME,
    /** A stream tells nothing after the end of its job. */
    STREAMS_STOP_AT_THE_END,
    /** A stream tells the end of its job. */
    STREAMS_TELL_THE_END,
    /** The load did not fail itself. */
    RECORDED_WELL
}
