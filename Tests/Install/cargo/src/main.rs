//! Opens a picture: what a Rust program declares of the C interface, and calls.
use std::ffi::{CStr, CString};
use std::os::raw::{c_char, c_void};

extern "C" {
    fn fs_abi_version() -> u32;
    fn fs_last_error() -> *const c_char;
    fn fs_image_open(out: *mut *mut c_void, path: *const c_char) -> u32;
    fn fs_image_width(image: *const c_void) -> u32;
    fn fs_image_destroy(image: *mut c_void);
}

fn main() {
    let path = CString::new(std::env::args().nth(1).expect("a picture")).expect("a path");
    let mut image = std::ptr::null_mut();
    unsafe {
        if fs_image_open(&mut image, path.as_ptr()) != 0 {
            panic!("{}", CStr::from_ptr(fs_last_error()).to_string_lossy());
        }
        println!("ABI {}, {} pixels wide", fs_abi_version(), fs_image_width(image));
        fs_image_destroy(image);
    }
}
