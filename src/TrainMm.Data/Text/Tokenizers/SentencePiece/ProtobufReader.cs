using System.Buffers.Binary;
using System.Text;

namespace TrainMm.Data.Text.Tokenizers.SentencePiece;

/// <summary>Walks through the fields of a Protocol Buffers message (the wire format of developers.google.com/protocol-buffers/docs/encoding).</summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message)
{
    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int Bytes = 2;
    private const int Fixed32 = 5;

    private ReadOnlySpan<byte> rest = message;
    private ReadOnlySpan<byte> payload;
    private ulong number;

    /// <summary>The number of the field that was read last.</summary>
    public int Field { get; private set; }

    /// <summary>The field as a whole number.</summary>
    public readonly int Integer => unchecked((int)number);

    /// <summary>The field as a truth value.</summary>
    public readonly bool Flag => number != 0;

    /// <summary>The field as a 32-bit float.</summary>
    public readonly float Single => BitConverter.UInt32BitsToSingle(unchecked((uint)number));

    /// <summary>The field as bytes.</summary>
    public readonly ReadOnlySpan<byte> Payload => payload;

    /// <summary>The field as text.</summary>
    public readonly string Text => Encoding.UTF8.GetString(payload);

    /// <summary>Reads the next field; false at the end.</summary>
    /// <exception cref="InvalidDataException">The bytes are no message.</exception>
    public bool Read()
    {
        if (rest.IsEmpty)
        {
            return false;
        }

        var tag = ReadVarint();
        Field = (int)(tag >> 3);
        payload = default;
        switch (tag & 7)
        {
            case Varint:
                number = ReadVarint();
                break;
            case Fixed64:
                number = BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
                break;
            case Bytes:
                payload = Take(ReadVarint());
                break;
            case Fixed32:
                number = BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
                break;
            default:
                throw new InvalidDataException($"wire type {tag & 7} is none");
        }

        return true;
    }

    private ulong ReadVarint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Take(1)[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException("a number has more than 64 bits");
    }

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)rest.Length)
        {
            throw new InvalidDataException("a field reaches beyond its message");
        }

        var taken = rest[..(int)count];
        rest = rest[(int)count..];
        return taken;
    }
}
