using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>
/// Owns what was made on its thread while it was the innermost scope, and disposes it at its own end. Tensors know their place in
/// their scope, so that to leave it is one swap.
/// </summary>
public sealed class DisposeScope : IDisposable
{
    private const int SpareLists = 16;

    /// <summary>Lists of scopes that have ended, for those to come: a step opens hundreds, and their lists would be most of what it leaves to the collector.</summary>
    [ThreadStatic]
    private static Stack<List<Tensor>>? spare;

    private readonly int thread = Environment.CurrentManagedThreadId;
    private List<Tensor> tensors = spare is { Count: > 0 } lists ? lists.Pop() : [];
    private HashSet<IDisposable>? others;
    private bool disposed;

    internal DisposeScope(DisposeScope? outer) => OuterScope = outer;

    public int DisposablesCount => tensors.Count + (others?.Count ?? 0);

    public IReadOnlyList<IDisposable> DisposablesView => [.. tensors, .. others ?? []];

    internal DisposeScope? OuterScope { get; }

    public bool Contains(IDisposable disposable) => disposable is Tensor tensor ? tensor.OwningScope == this : others?.Contains(disposable) == true;

    public T MoveToOuter<T>(T disposable)
        where T : IDisposable
    {
        MoveTo(OuterScope, disposable);
        return disposable;
    }

    public (T1 First, T2 Second) MoveToOuter<T1, T2>(T1 first, T2 second)
        where T1 : IDisposable
        where T2 : IDisposable => (MoveToOuter(first), MoveToOuter(second));

    public (T1 First, T2 Second, T3 Third) MoveToOuter<T1, T2, T3>(T1 first, T2 second, T3 third)
        where T1 : IDisposable
        where T2 : IDisposable
        where T3 : IDisposable => (MoveToOuter(first), MoveToOuter(second), MoveToOuter(third));

    public void MoveToOuter(params IDisposable[] disposables) => MoveToOuter((IEnumerable<IDisposable>)disposables);

    public void MoveToOuter(IEnumerable<IDisposable> disposables)
    {
        foreach (var disposable in disposables)
        {
            MoveTo(OuterScope, disposable);
        }
    }

    public T MoveToOther<T>(DisposeScope scope, T disposable)
        where T : IDisposable
    {
        MoveTo(scope, disposable);
        return disposable;
    }

    public T Detach<T>(T disposable)
        where T : IDisposable
    {
        MoveTo(null, disposable);
        return disposable;
    }

    public (T1 First, T2 Second) Detach<T1, T2>(T1 first, T2 second)
        where T1 : IDisposable
        where T2 : IDisposable => (Detach(first), Detach(second));

    public (T1 First, T2 Second, T3 Third) Detach<T1, T2, T3>(T1 first, T2 second, T3 third)
        where T1 : IDisposable
        where T2 : IDisposable
        where T3 : IDisposable => (Detach(first), Detach(second), Detach(third));

    public void Detach(params IDisposable[] disposables) => Detach((IEnumerable<IDisposable>)disposables);

    public void Detach(IEnumerable<IDisposable> disposables)
    {
        foreach (var disposable in disposables)
        {
            MoveTo(null, disposable);
        }
    }

    public void Attach(IDisposable disposable)
    {
        if (disposable is not Tensor tensor)
        {
            AddOther(disposable);
        }
        else if (tensor.OwningScope != this)
        {
            tensor.OwningScope?.Remove(tensor);
            Add(tensor);
        }
    }

    public void Attach(params IDisposable[] disposables) => Attach((IEnumerable<IDisposable>)disposables);

    public IReadOnlyList<IDisposable> Attach(IEnumerable<IDisposable> disposables)
    {
        var attached = disposables.ToList();
        attached.ForEach(Attach);
        return attached;
    }

    public void DisposeEverything()
    {
        for (var i = tensors.Count - 1; i >= 0; i--)
        {
            // A tensor that left on another thread is still in the list, and no longer this scope's to dispose.
            if (i < tensors.Count && tensors[i] is var tensor && tensor.OwningScope == this)
            {
                tensor.Dispose();
            }
        }

        tensors.Clear();
        foreach (var other in Interlocked.Exchange(ref others, null) ?? [])
        {
            other.Dispose();
        }
    }

    public void DisposeEverythingBut(params IDisposable[] keep) => DisposeEverythingBut((IEnumerable<IDisposable>)keep);

    public void DisposeEverythingBut(IEnumerable<IDisposable> inKeep)
    {
        var keep = new HashSet<IDisposable>(inKeep, ReferenceEqualityComparer.Instance);
        for (var i = tensors.Count - 1; i >= 0; i--)
        {
            var tensor = tensors[i];
            if (tensor.OwningScope == this && !keep.Contains(tensor))
            {
                tensor.Dispose();
            }
        }

        tensors.RemoveAll(tensor => tensor.OwningScope != this);
        for (var i = 0; i < tensors.Count; i++)
        {
            tensors[i].PlaceInScope = i;
        }

        foreach (var other in DisposablesView.Where(other => other is not Tensor && !keep.Contains(other)))
        {
            others!.Remove(other);
            other.Dispose();
        }
    }

    public T DisposeEverythingBut<T>(T keep)
        where T : IDisposable
    {
        DisposeEverythingBut((IEnumerable<IDisposable>)[keep]);
        return keep;
    }

    public void MarkAsDisposed(IDisposable disposable) => MoveTo(null, disposable);

    public void Dispose()
    {
        if (disposed)
        {
            return;
        }

        disposed = true;
        DisposeEverything();
        GiveListBack();
        if (DisposeScopeManager.Current == this)
        {
            DisposeScopeManager.Current = OuterScope;
        }
    }

    internal void Add(Tensor tensor)
    {
        tensor.OwningScope = this;
        tensor.PlaceInScope = tensors.Count;
        tensors.Add(tensor);
    }

    /// <summary>Lets go of a tensor. On another thread the list is left alone: a disposed tensor in it does no harm.</summary>
    internal void Remove(Tensor tensor)
    {
        tensor.OwningScope = null;
        var place = tensor.PlaceInScope;
        if (thread != Environment.CurrentManagedThreadId || place >= tensors.Count || !ReferenceEquals(tensors[place], tensor))
        {
            return;
        }

        var last = tensors[^1];
        tensors[place] = last;
        last.PlaceInScope = place;
        tensors.RemoveAt(tensors.Count - 1);
    }

    private void MoveTo(DisposeScope? scope, IDisposable disposable)
    {
        if (disposable is Tensor tensor)
        {
            tensor.OwningScope?.Remove(tensor);
            scope?.Add(tensor);
        }
        else if (others?.Remove(disposable) == true)
        {
            scope?.AddOther(disposable);
        }
    }

    private void AddOther(IDisposable disposable) => (others ??= new(ReferenceEqualityComparer.Instance)).Add(disposable);

    private void GiveListBack()
    {
        if (thread != Environment.CurrentManagedThreadId)
        {
            return;
        }

        spare ??= new Stack<List<Tensor>>();
        if (spare.Count < SpareLists)
        {
            spare.Push(tensors);
            tensors = [];
        }
    }
}
