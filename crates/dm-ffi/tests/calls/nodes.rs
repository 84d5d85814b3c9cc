//! Calls on the tree: nodes that come and go, transactions, reset, and what survives a restart.

use super::*;

fn text(text: &str) -> (*const core::ffi::c_char, usize) {
    (text.as_ptr().cast(), text.len())
}

impl Program {
    fn add(&self, uri: &str, value: &str) -> omadm_result_t {
        let (uri, uri_len) = text(uri);
        let format = OMADM_FORMAT_NONE;
        let value: &[u8] = value.as_bytes();
        unsafe {
            let data = value.as_ptr().cast();
            omadm_local_add(self.client, uri, uri_len, format, data, value.len())
        }
    }

    fn delete(&self, uri: &str) -> omadm_result_t {
        let (uri, uri_len) = text(uri);
        unsafe { omadm_local_delete(self.client, uri, uri_len) }
    }

    fn children(&self, uri: &str) -> Vec<String> {
        let (uri, uri_len) = text(uri);
        let mut names = Vec::new();
        loop {
            let (mut name, mut len) = ([0u8; 16], 0);
            let found = unsafe {
                let to = name.as_mut_ptr().cast();
                omadm_local_child(
                    self.client,
                    uri,
                    uri_len,
                    names.len(),
                    to,
                    name.len(),
                    &raw mut len,
                )
            };
            match found {
                OMADM_OK => names.push(String::from_utf8(name[..len].to_vec()).unwrap()),
                why => {
                    assert_eq!(why, OMADM_ERR_NO_SUCH_NODE);
                    return names;
                }
            }
        }
    }

    fn restart(&self) {
        assert_eq!(unsafe { omadm_close(self.client) }, OMADM_OK);
        let again = unsafe { omadm_init(self.client, &raw const self.config) };
        assert_eq!(again, OMADM_OK);
    }
}

#[test]
fn nodes_come_and_go() {
    let program = Program::new(false);
    program.seed();
    assert_eq!(program.children("./Account/AppAddr"), ["1"]);
    assert_eq!(
        program.add("./Account/AppAddr/2/Addr", "http://b"),
        OMADM_OK
    );
    assert_eq!(
        program.add("./Account/AppAddr/2/Addr", "x"),
        OMADM_ERR_EXISTS
    );
    let (uri, len) = text("./Account/AppAddr/3");
    let add_node = || unsafe { omadm_local_add_node(program.client, uri, len) };
    assert_eq!(add_node(), OMADM_OK);
    assert_eq!(add_node(), OMADM_ERR_EXISTS);
    let ensure = || unsafe { omadm_factory_node(program.client, uri, len) };
    assert_eq!(ensure(), OMADM_OK);
    let mut names = program.children("./Account/AppAddr");
    names.sort();
    assert_eq!(names, ["1", "2", "3"]);
    assert_eq!(
        program.get("./Account/AppAddr/2/Addr").as_deref(),
        Ok("http://b")
    );
    assert_eq!(program.delete("./Account/AppAddr/2"), OMADM_OK);
    assert_eq!(
        program.delete("./Account/AppAddr/2"),
        OMADM_ERR_NO_SUCH_NODE
    );
    assert_eq!(program.delete("./Lamp") as u32 / 1000, 4, "permanent");
    assert_eq!(program.add("./Nowhere/x", "x"), OMADM_ERR_NOT_DESCRIBED);
    assert!(program.children("./Lamp/Level").is_empty(), "a leaf");
    assert!(program.children("./Nowhere").is_empty());
    let (uri, len) = text("./Lamp/Level");
    let touched = unsafe { omadm_local_touched(program.client, uri, len) };
    assert_eq!(touched, OMADM_OK);
}

#[test]
fn a_name_needs_room() {
    let program = Program::new(false);
    let (uri, uri_len) = text("./DevInfo");
    let (mut name, mut len) = ([0u8; 4], 77);
    let client = program.client;
    let mut child = |index, size| unsafe {
        let to = name.as_mut_ptr().cast();
        omadm_local_child(client, uri, uri_len, index, to, size, &raw mut len)
    };
    assert_eq!(child(0, 4), OMADM_ERR_TOO_LARGE);
    assert_eq!(child(1, 4), OMADM_ERR_NO_SUCH_NODE);
    assert_eq!(child(usize::MAX, 4), OMADM_ERR_NO_SUCH_NODE);
    assert_eq!(child(0, 0), OMADM_ERR_TOO_LARGE);
    assert_eq!(len, 77);
}

#[test]
fn the_device_is_looked_at() {
    let program = Program::new(false);
    let look = || {
        let (mut uri, mut len) = (ptr::null(), 1);
        let looked = unsafe { omadm_check_device(program.client, &raw mut uri, &raw mut len) };
        assert_eq!(looked, OMADM_OK);
        assert_eq!(uri.is_null(), len == 0);
        let leaf = unsafe { slice::from_raw_parts(uri.cast::<u8>(), len) };
        String::from_utf8(leaf.to_vec()).unwrap()
    };
    assert_eq!(look(), "./DevInfo/DevId");
    program.set(&[("./DevInfo/DevId", "no urn")]);
    assert_eq!(look(), "./DevInfo/DevId");
    program.set(&[("./DevInfo/DevId", "urn:lamp:1")]);
    // The lamp has no more than that.
    assert_eq!(look(), "./DevInfo/Lang");
}

#[cfg(feature = "atomic")]
#[test]
fn several_changes_count_together() {
    let program = Program::new(true);
    program.seed();
    let client = program.client;
    assert_eq!(unsafe { omadm_commit(client) }, OMADM_OK, "nothing is open");
    assert_eq!(unsafe { omadm_roll_back(client) }, OMADM_OK);
    assert_eq!(unsafe { omadm_begin(client) }, OMADM_OK);
    assert_eq!(unsafe { omadm_begin(client) }, OMADM_ERR_NOT_READY);
    program.set(&[("./Lamp/Room", "cellar")]);
    assert_eq!(
        program.add("./Account/AppAddr/2/Addr", "http://b"),
        OMADM_OK
    );
    assert_eq!(unsafe { omadm_roll_back(client) }, OMADM_OK);
    assert_eq!(program.get("./Lamp/Room").as_deref(), Ok("hall"));
    assert_eq!(program.children("./Account/AppAddr"), ["1"]);
    assert_eq!(unsafe { omadm_begin(client) }, OMADM_OK);
    program.set(&[("./Lamp/Room", "cellar"), ("./Lamp/Level", "7")]);
    assert_eq!(unsafe { omadm_commit(client) }, OMADM_OK);
    assert_eq!(program.get("./Lamp/Room").as_deref(), Ok("cellar"));
    // A handler that cannot take back what it did says so; the rest is taken back all the same.
    unsafe { (*program.lamp).sticks = true };
    assert_eq!(unsafe { omadm_begin(client) }, OMADM_OK);
    program.set(&[("./Lamp/Room", "loft"), ("./Lamp/Level", "8")]);
    assert_eq!(unsafe { omadm_roll_back(client) }, OMADM_ERR_HANDLER);
    assert_eq!(unsafe { omadm_detail(client) }, 500);
    assert_eq!(program.get("./Lamp/Room").as_deref(), Ok("cellar"));
    // A session that begins takes back what was left open.
    unsafe { (*program.lamp).sticks = false };
    assert_eq!(unsafe { omadm_begin(client) }, OMADM_OK);
    program.set(&[("./Lamp/Room", "loft")]);
    program.start();
    assert_eq!(program.get("./Lamp/Room").as_deref(), Ok("cellar"));
}

#[cfg(feature = "durable")]
#[test]
fn nodes_survive_a_restart_in_a_store_of_the_port() {
    let program = Program::new(true);
    program.seed();
    assert_eq!(
        program.add("./Account/AppAddr/2/Addr", "http://b"),
        OMADM_OK
    );
    program.restart();
    let mut names = program.children("./Account/AppAddr");
    names.sort();
    assert_eq!(names, ["1", "2"]);
    assert_eq!(
        program.get("./Account/AppAddr/2/Addr").as_deref(),
        Ok("http://b")
    );
    assert_eq!(unsafe { omadm_factory_reset(program.client) }, OMADM_OK);
    assert_eq!(
        program.add("./Account/AppAddr/4/Addr", "x") as u32 / 1000,
        4
    );
    program.restart();
    assert!(program.children("./Account/AppAddr").is_empty());
    assert_eq!(program.get("./Lamp/Room").as_deref(), Ok(""));
    program.seed();
    assert_eq!(program.children("./Account/AppAddr"), ["1"]);
}

#[test]
fn a_reset_forgets_what_the_built_in_store_has() {
    let program = Program::new(false);
    program.seed();
    assert_eq!(unsafe { omadm_factory_reset(program.client) }, OMADM_OK);
    program.restart();
    assert!(program.children("./Account/AppAddr").is_empty());
    program.seed();
}
