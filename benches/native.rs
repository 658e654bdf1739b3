//! What a call costs on this machine: reading a token, and deciding whether a URL may have it.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use tessera_auth::jwt::Jwt;
use tessera_auth::testing::{TestJson, TestUrl};
use tessera_auth::url::{ParseUrl, Resource};
use tessera_auth_benches::token;

fn decode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode");
    for bytes in [631, 1_165, 3_965] {
        let token = token(bytes);
        group.throughput(Throughput::Bytes(token.len() as u64));
        group.bench_with_input(BenchmarkId::from_parameter(token.len()), &token, |bencher, token| {
            bencher.iter(|| Jwt::<TestJson>::decode(black_box(token)).is_ok());
        });
    }
    group.finish();
}

fn cover(criterion: &mut Criterion) {
    let parse = |text| TestUrl::parse_url(text, None).expect("a URL");
    let api = Resource::new(parse("https://api.example.com/v1"), "resource").expect("a resource");
    let url = parse("https://api.example.com/v1/users/42/orders?page=2");
    criterion.bench_function("cover", |bencher| bencher.iter(|| api.covers(black_box(&url))));
}

criterion_group!(native, decode, cover);
criterion_main!(native);
