-- A grant that a program asks for may begin later, and may be for some operations only (JSON, their codes).
alter table staff_request add column effective_at bigint;
alter table staff_request add column operations text;
