-- What a test may order for the next API calls.
drop table request_faults;
create table request_faults (
    number       integer primary key autoincrement,
    fault        text not null,     -- refuse, lose, slow, down, garbage
    calls        text not null,     -- writes, all
    status       integer not null,
    milliseconds integer not null
) strict;

-- Cards that were authenticated once for payments without their owner.
create table payment_method_setups (
    payment_method text primary key
) strict;

-- A bank's answer is due on the payment intent, not on the session that waits for it.
update objects set owner = (
    select sessions.id from objects sessions
    where sessions.kind = 'checkout.session'
      and json_extract(sessions.body, '$.payment_intent') = objects.id
) where kind = 'payment_intent';
update objects set due_at = (
    select sessions.due_at from objects sessions
    where sessions.id = objects.owner and json_extract(sessions.body, '$.status') = 'complete'
) where kind = 'payment_intent';
update objects set due_at = null
where kind = 'checkout.session' and json_extract(body, '$.status') = 'complete';

update objects set
    id = replace(id, '/payment_intent_data', '/template'),
    kind = 'checkout_template',
    body = json_set(body, '$.id', replace(id, '/payment_intent_data', '/template'), '$.object', 'checkout_template')
where kind = 'payment_intent_template';
