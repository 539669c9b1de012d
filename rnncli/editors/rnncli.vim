" Word completion by rnncli, for Vim 8 or newer:  rnncli completion vim > ~/.vim/plugin/rnncli.vim
"
" Ctrl-X Ctrl-U (insert mode)  completes the word at the cursor, or offers the next one
" :RnncliCommit                learns from the line at the cursor
"
" In your vimrc, if need be:
" let g:rnncli_model = '/path/model.npz'  " otherwise model.npz in Vim's folder, or $RNNCLI_MODEL
" let g:rnncli_learn = ''                 " the personal file; '' for none, otherwise ~/.rnncli.npz

if !exists('*job_start')
  echomsg 'rnncli.vim: needs Vim 8 or newer with +job'
  finish
endif

let s:job = v:null
let s:message = ''

function! s:Start() abort
  let command = ['rnncli', 'predict', '--json', '--stdin', '-k', '9']
  let learn = get(g:, 'rnncli_learn', '~/.rnncli.npz')
  let command += empty(learn) ? [] : ['--learn', expand(learn)]
  let command += exists('g:rnncli_model') ? ['--model', expand(g:rnncli_model)] : []
  let s:message = ''
  let s:job = job_start(command, {'mode': 'nl', 'err_cb': {_, line -> execute('let s:message = line')}})
endfunction

" Asks rnncli, which is started if need be. Returns {} and says why if there is no answer.
function! s:Ask(question) abort
  if !executable('rnncli')
    return s:Complain('the command rnncli is not on the PATH')
  endif
  if s:job is v:null || job_status(s:job) !=# 'run'
    call s:Start()
  endif
  try
    let answer = json_decode(ch_evalraw(s:job, json_encode(a:question) . "\n", {'timeout': 20000}))
  catch
    let answer = v:none
  endtry
  if type(answer) == v:t_dict && !has_key(answer, 'error')
    return answer
  endif
  sleep 100m  " what rnncli says on its way out may come after its end
  let why = empty(s:message) ? 'no answer' : s:message
  return s:Complain(type(answer) == v:t_dict ? answer.error : why)
endfunction

function! s:Complain(why) abort
  let s:message = 'rnncli: ' . substitute(a:why, '^Error: ', '', '')
  echohl WarningMsg | echomsg s:message | echohl None
  if mode() =~# '^i'  " where "-- INSERT --" is about to be written over it
    call timer_start(50, {-> execute('echohl WarningMsg | echo s:message | echohl None', '')})
  endif
  return {}
endfunction

function! RnncliComplete(findstart, base) abort
  if !a:findstart
    return map(copy(s:answer.words), {_, w -> {'word': w.word, 'menu': printf('%.0f%%', 100 * w.probability)}})
  endif
  let before = getline(max([1, line('.') - 20]), line('.') - 1) + [strpart(getline('.'), 0, col('.') - 1)]
  let s:answer = s:Ask({'text': join(before, "\n"), 'complete': v:true, 'session': bufnr('%')})
  return has_key(s:answer, 'words') ? col('.') - 1 - strlen(s:answer.typed) : -3
endfunction

set completefunc=RnncliComplete
command! RnncliCommit call s:Ask({'text': getline('.'), 'commit': v:true})
