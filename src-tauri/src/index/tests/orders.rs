use sqlx::{Execute as _, Row as _};

use super::folder::Folder;
use crate::index::list::{Chosen, Order, sessions_sql};

#[tokio::test]
async fn every_order_of_sessions_is_read_from_an_index() {
    let folder = Folder::new();
    let (_index, db, _) = folder.open().await;
    for (order, index) in [
        (Order::Last, "sessions_last"),
        (Order::Requests, "sessions_requests"),
        (Order::Tokens, "sessions_tokens"),
        (Order::Cost, "sessions_cost"),
    ] {
        for before in [None, Some((7, "x"))] {
            let sql = sessions_sql(&Chosen::default(), order, before, 10).build().sql().as_str().to_owned();
            let mut query = sqlx::query(sqlx::AssertSqlSafe(format!("explain query plan {sql}")));
            if let Some((amount, id)) = before {
                query = query.bind(amount).bind(id);
            }
            let plan = query.bind(10).fetch_all(&db.readers()).await.unwrap();
            let plan: Vec<String> = plan.iter().map(|row| row.get("detail")).collect();
            assert!(plan.len() == 1 && plan[0].contains(index), "{order:?} {before:?}: {plan:?}");
        }
    }
}
